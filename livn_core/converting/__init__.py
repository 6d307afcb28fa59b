"""Systems from and to other formats: SONATA networks, and tables of cells and edges."""
