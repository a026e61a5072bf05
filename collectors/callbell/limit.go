package callbell

import "time"

// Calls and CallWindow are what is taken for the account's limit: 10 requests in a
// second, of which the source's share is used. The documented limit is 300, but
// nobody knows whether it is a key's, an address's or an account's, and no answer
// tells what is left.
// https://docs.callbell.eu/api/reference/introduction/
const (
	Calls      = 10
	CallWindow = time.Second
)
