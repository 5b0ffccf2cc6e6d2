"""What each kind of network learns: data, loss, score and export."""
