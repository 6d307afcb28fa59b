"""Python in the browser: which files of Pyodide it takes, and the wheels of what is installed here.

``release`` says which Pyodide and which of its files, with their hashes; ``wheels`` makes wheels of installed
distributions; ``vendor`` fills a folder, so that no other host is needed.
"""
