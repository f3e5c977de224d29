package clock

import "time"

// A Reading relates another clock to this one at a moment.
type Reading struct {
	At     int64 // of this clock
	Offset int64 // the other clock minus this one
	Bound  int64 // Offset is wrong by at most this much
}

const (
	// mostQuestions is the number of questions of a reading, and leastQuestions that over a slow network.
	mostQuestions, leastQuestions = 200, 10
	// readingTime is how long a reading takes, unless leastQuestions take longer.
	readingTime = int64(100 * time.Millisecond)
)

// Read reads another clock. ask returns its time, and now that of this one. The fastest answer counts:
// whenever during it the other clock was read, the offset is wrong by at most half of its round trip.
func Read(ask func() (int64, error), now func() int64) (best Reading, err error) {
	best.Bound = 1 << 62
	begin := now()
	for n := 0; n < mostQuestions && (n < leastQuestions || now()-begin < readingTime); n++ {
		before := now()
		there, err := ask()
		after := now()
		if err != nil {
			return best, err
		}
		if half := (after - before + 1) / 2; half < best.Bound {
			middle := before + half
			best = Reading{middle, there - middle, half}
		}
	}
	return best, nil
}
