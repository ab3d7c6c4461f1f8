"""`push`: pairs as a dataset for the Hugging Face hub, in a folder, and from there to the hub.

private     what must not be published: paths of this machine, secrets
columns     what a column holds, as `datasets` must know it
data        files of pairs in, data files out
card        README.md: what it is, where it comes from, what was dropped, licences, limits
folder      all of it in a folder, without overwriting what is somebody else's
upload      the folder to the hub
"""
