package result

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
