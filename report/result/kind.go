package result

// A Kind describes the messages of one name.
type Kind struct {
	Name string `json:"name"`
	// Due counts the messages due in the steady phase. Response has one time for each that was answered,
	// as it should be.
	Due      uint64    `json:"due"`
	Response Histogram `json:"response_ns"`
}

// Kinds merges the kinds of the repetitions that are used; none if messages have no names.
func (c *Cell) Kinds() (sum []Kind) {
	for _, r := range c.Usable() {
		sum = addKinds(sum, r.Kinds)
	}
	return sum
}

// addKinds adds the kinds of another repetition, or of another share, which has the same.
func addKinds(sum, kinds []Kind) []Kind {
	for i, k := range kinds {
		if i == len(sum) {
			sum = append(sum, Kind{Name: k.Name})
		}
		sum[i].Due += k.Due
		sum[i].Response.Merge(k.Response)
	}
	return sum
}
