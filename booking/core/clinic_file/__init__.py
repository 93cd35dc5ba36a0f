"""The clinic file: a clinic described in TOML, read into a plan with every mistake named, and written back.

Pure text and values: opening files is for the adapters, storing the plan for the services.
The format is described in docs/clinic-file.md.
"""
