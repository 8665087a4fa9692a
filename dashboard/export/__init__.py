"""One file a format. No Streamlit, no SQL."""
