package gorgias

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CallWindow is the time over which the calls of [CallLimit] are counted: 40 of
// them with an API key, 80 with an OAuth app (Enterprise plans: in half of it).
// https://developers.gorgias.com/reference/limitations
const CallWindow = 20 * time.Second

// CallLimit reads X-Gorgias-Account-Api-Call-Limit, "used/limit": the calls that
// the account has made in the running window, and how many it may make. ok is
// false when the answer did not tell.
func CallLimit(h http.Header) (used, limit int, ok bool) {
	u, l, found := strings.Cut(h.Get("X-Gorgias-Account-Api-Call-Limit"), "/")
	if !found {
		return 0, 0, false
	}
	used, err := strconv.Atoi(strings.TrimSpace(u))
	if err != nil || used < 0 {
		return 0, 0, false
	}
	limit, err = strconv.Atoi(strings.TrimSpace(l))
	if err != nil || limit <= 0 {
		return 0, 0, false
	}
	return used, limit, true
}
