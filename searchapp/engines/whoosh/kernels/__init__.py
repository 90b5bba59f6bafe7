"""The compiled kernels: the only modules of the engine that import numba."""
