"""What runs inside a sandbox: the fork server, the answer's process and the checker's.

Nothing here imports the rest of seapo: the folder is all of it that a sandbox can see.
"""
