"""Frame in, Plotly figure out. No Streamlit, no SQL."""
