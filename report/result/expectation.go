package result

// An Expectation is a metric of a cell whose correct value is known in closed form because the
// server injected a known fault.
type Expectation struct {
	Case     string `json:"case"` // name of the fault
	Cell     string `json:"cell"`
	Protocol string `json:"protocol"`
	Metric   string `json:"metric"` // p50, mean, lost, …
	// Want is the value of the closed form, Measured the measured one; they may differ by Allowed.
	Want     Number `json:"want"`
	Measured Number `json:"measured"`
	Allowed  Number `json:"allowed"`
	Unit     string `json:"unit"` // ns or messages
	// Within reports that Measured is within Allowed of Want; false if any of them is unknown.
	Within  bool   `json:"within"`
	Formula string `json:"formula"` // the closed form
}
