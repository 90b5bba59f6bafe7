"""Engines: the contract (base), the embedded one (whoosh), and the factory that chooses."""
