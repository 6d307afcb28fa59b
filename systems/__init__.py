"""Systems that come with livn-core, and the generator that makes them."""
