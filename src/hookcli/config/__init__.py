"""Settings: what may be said, where each value came from, where files are, how secrets are kept.

    schema      the keys, their kinds, and what a project's file may not say
    values      text and TOML values to typed ones
    load        built-in < user's file < project's file < HOOKCLI_* < flags, with provenance
    profiles    the user's file, written
    secrets     references to secrets, resolved when needed
    credentials relay keys and endpoint tokens, in a file of mode 0600
    paths       the folders of this user

Nothing here reads the environment by itself except `paths`, which asks platformdirs.
"""
