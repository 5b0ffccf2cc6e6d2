"""Recipe → trained network. The only room that imports Keras."""
