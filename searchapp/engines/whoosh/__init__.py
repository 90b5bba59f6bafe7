"""The embedded engine: generations of a Whoosh index whose segments are arrays, evaluated exactly by compiled kernels.

What a segment is
    layout       every array of it: name, type, length, meaning
    arrays       array files: written in a stream, read by mapping
    segment      one, mapped; view: the same as its generation sees it
    schema       which fields Whoosh sees of it
Writing
    documents    articles -> columns; records: articles -> frames; inversion: articles -> postings of a run
    vocabulary   sorted lists of terms and forms; joining: postings of several as one
    writing      articles -> a segment, with assembly; merging: segments -> one
    build        the next generation: new segments, deletions, compaction
    generations  directories: which there are, and whether one may be believed (manifest); pins: what is read stays
    publishing   made durable, checked, swapped; collection: removed; files: what survives a power cut
Answering
    generation   all segments of a generation, opened
    lexicon      prefix, wildcard, fuzzy -> forms; resolve: a leaf -> terms
    book         addresses, as kernels take them
    leaves       a leaf in a segment -> documents and weights; evaluation: a tree -> matches and scores
    columns      what is counted and filtered by, as small codes; values: of facets, from places to strings and back
    hiding       which documents nobody may see; filtering: which matches pass; unscored: found without scores
    counting     of those that pass, with histogram; order: of the hits; pruned, with gates: the best without all
    answer       a request -> an answer; explain: why a score; shown: the articles of a page
    marks        what matched in these: programme, what is looked for; located, tokens: where it is; onetext: by hand
    snapshot     the contract's `Snapshot`; engine: its `Engine`
    warm         compiles every kernel before anybody waits
Proving
    unpacking    whatever stands compressed in any file
Whoosh
    stock        its table of contents, read safely
    codec        what that holds of a segment; readers, with terms: a segment for Whoosh's own `Searcher`
    weighting    the contract's score for it
"""
