"""`eval`: how models perform on pairs and on benchmarks, and whether they differ.

tasks        names and files → items to ask
pairs        pairs of any format
choices      multiple choice by log-likelihood
answers      written answers, checked by final answer, by tests, by rules
scoring      log-probabilities from `training.likelihood` or a server, stored as they arrive
run          all models through all tasks
figures      rows → figures of a model on a task
compare      two models on the same items
harness      tasks of lm-evaluation-harness
report       tables and JSON
"""
