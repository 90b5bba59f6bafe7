"""The embedded engine: generations of a Whoosh index, evaluated exactly on arrays.

schema       Article -> the postings and the record that Whoosh keeps
stock        what of Whoosh's storage is used, hardened: nothing but known classes is unpickled
postings     a term's postings in a segment -> arrays              (what a codec of our own will replace)
columns      a segment's articles -> dates, lengths, facet values, ids, forms as arrays
lexicon      prefix, wildcard, fuzzy -> forms
table        all segments of a generation as one: the arrays every query reads
evaluate     tree + table -> matches and scores
facets       matches + table -> counts and histogram
generations  directories: durable, verified, swapped, collected
build        the next generation
engine       the contract of `searchapp.engines.base`
"""
