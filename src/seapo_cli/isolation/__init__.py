"""Untrusted code, run in isolation, with a verdict that it cannot forge.

    means = find_means(interpreters())
    finding = await Judges(means, Limits()).find(find_language("python"), answer, Task(tests))

`means` chooses the isolation, `sandbox` starts and feeds it, `inside` is what runs there, and
`judge` reads what comes out. SECURITY.md lists what is guaranteed. Nothing here knows about stages.
"""
