"""The query language: text -> ParsedQuery(tree, notes), its limits and its tree. Knows no engine."""
