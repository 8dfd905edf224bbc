"""One pair a noun: what comes in (`…In`) and what goes out (`…Out`).

An Out serializer declares its members for the documentation and writes them by hand: DRF's field-by-field way costs
several times more. Members of ours that contract 1's answers don't list (a group's `targets`, `priority`,
`lateness_window`, …) are written only where they were set, so that its samples stay true member by member.
"""
