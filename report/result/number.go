package result

import (
	"encoding/json"
	"math"
)

// A Number is a float that is null in JSON if it is unknown (NaN or infinite).
type Number float64

// Known reports whether n is finite.
func (n Number) Known() bool { return finite(float64(n)) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler. It decodes null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
