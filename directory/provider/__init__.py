"""An OpenID provider in front: its word on who somebody is, and the accounts linked to it."""
