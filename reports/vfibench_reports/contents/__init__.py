"""What the pages of a site are about, before anything is drawn: so a page knows what it can link to."""
