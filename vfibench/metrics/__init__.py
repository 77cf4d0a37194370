"""Every metric under every definition in use."""
