"""The targeting language: what is refused, what each operator means, and that its two compilers agree."""
