// A program without the SDK; given to --require, a preload that does nothing.
