package cell

import "time"

// An Overload is a rate above the capacity at the beginning of the steady phase. The cell's own rate follows, and
// is that of the warm-up. The zero value is none.
type Overload struct {
	Rate float64       `json:"rate"` // messages/s
	For  time.Duration `json:"for_ns"`
	// Window is the length of the parts of the steady phase after it that each meet or miss the objective.
	Window time.Duration `json:"window_ns"`
}
