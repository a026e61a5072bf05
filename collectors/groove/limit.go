package groove

import "time"

// Calls and CallWindow are the pace that is kept. The vendor documents no limit,
// and no answer tells one: a call a second is a client that nobody notices.
const (
	Calls      = 1
	CallWindow = time.Second
)
