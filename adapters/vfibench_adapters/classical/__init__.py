"""Methods from before networks: optical flow with occlusion reasoning, and FFmpeg's motion interpolation."""
