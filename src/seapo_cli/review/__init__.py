"""`review`: rows handed to people for judgment, and their answers put into the rows.

item           what a reviewer sees of a row, and what is asked
argilla        a folder for `Dataset.from_disk`, and the records that `to_disk` writes
label_studio   tasks and labelling interface, and the export as JSON
export         rows in, a folder out
answers        the answers in an export, by row
verdict        the answers of several reviewers to one row, as one
stage          rows in, rows with their review out
"""
