"""Analysis: text -> tokens with offsets; the only importer of NLTK."""
