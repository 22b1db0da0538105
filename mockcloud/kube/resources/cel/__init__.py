"""CEL, the expression language of Kubernetes' rules: parsed, type-checked, and evaluated within a cost.

Pure, and knows no kind. Sources: the language definition (cel-spec), cel-go's checker for words, and
k8s.io/apiserver v0.34 `pkg/cel` for the library. Why it is our own: docs/decisions/0048-cel-is-our-own.md.
"""
