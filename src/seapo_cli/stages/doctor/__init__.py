"""`doctor`: what a trainer and a model will make of pairs, before anybody trains.

`trainers` knows what each trainer reads; `gather` reads rows as it would; `template` looks at the
chat template and `tokens` at lengths; `findings` judges; `report` is the page.
"""
