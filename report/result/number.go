package result

import (
	"encoding/json"
	"math"
)

// A Number is a float whose JSON form is null where it is not known (NaN or
// infinite).
type Number float64

// Known says whether there is a number.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON implements json.Unmarshaler: null is NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// An Expectation is one figure of one cell whose right value is known in closed
// form, since the server was told what to do wrong.
type Expectation struct {
	Case     string `json:"case"` // the fault's name
	Cell     string `json:"cell"`
	Protocol string `json:"protocol"`
	Metric   string `json:"metric"` // p50, mean, lost …
	// Want is the closed form's value, Measured the cell's, which may be off by
	// Allowed.
	Want     Number `json:"want"`
	Measured Number `json:"measured"`
	Allowed  Number `json:"allowed"`
	Unit     string `json:"unit"` // ns or messages
	// Within says that it is; never where anything is not known.
	Within  bool   `json:"within"`
	Formula string `json:"formula"` // the closed form in words
}
