"""A stand-in for the provider hashicorp/google, where Terraform's registry or a Google account is
out of reach.

It speaks Terraform's plugin protocol and serves the real provider's schema, so that `init`,
`validate`, `plan`, `apply` and `test` run for real. Nothing is ever sent to Google: an apply
invents what Google would have answered. It knows attributes, blocks, types, enumerations and what
is required. It does not know what a change replaces, which arguments exclude each other, ranges,
rights, quotas or regions; rules of that kind are preconditions in terraform/.
"""
