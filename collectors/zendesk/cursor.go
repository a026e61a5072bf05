package zendesk

// cursorVersion is that of the cursors of this package.
const cursorVersion = 1
