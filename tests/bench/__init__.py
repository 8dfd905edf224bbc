"""How fast the product answers, as ratios to a bare Django view in the same run: `python -m tests.bench [name …]`.

Not collected by pytest: speed is measured on purpose, on a quiet machine. A suite is a module of this package with
`scenarios()`, named in `SUITES` of `__main__`.
"""
