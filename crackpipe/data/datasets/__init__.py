"""Named datasets in their authors' layouts, and folders of one's own."""
