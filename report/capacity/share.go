package capacity

import "math"

// A Share counts the messages of a step that are over a limit of the objective, such as those of p(99) < 10ms that
// took longer than 10 ms.
type Share struct {
	Over, Of int64   // messages
	Allowed  float64 // the share that may be over the limit, above 0 and below 1
}

// exceeds reports whether more messages are over the limit than the objective allows. A percentile of few messages is
// between two of them, so that one message more or less does not decide.
func (s Share) exceeds() bool { return float64(s.Over+1) > s.Allowed*float64(s.Of) && s.Over > 0 }

// Shares are a criterion: the messages over a limit in the steps that count them.
//
// The model: the odds of a message to be over the limit grow with a power of the load x, from a floor on, and are those
// of the allowed share at the capacity exp(μ),
//
//	odds(x) = max(exp((ln x − μ)/σ), floor(x)) · allowed/(1−allowed)
//
// Messages over the limit come in groups, since one that waits makes the next one wait. So their number in a step has a
// negative binomial distribution, whose variance is φ times its mean (Hilbe, "Negative Binomial Regression", 2011:
// NB1). A disturbance spoils a share λ of the steps; then any number is possible, and one of twice as many digits is as
// likely as that of half. σ, floor, φ and λ are integrated out on a grid: σ and the floor have some values that are equally
// likely, and ln φ has a uniform prior.
//
// The mean of the counts does not depend on the length of the steps, unlike their outcomes: short steps meet an objective
// more often than they miss it under a load at which long ones do both equally often, because of the groups.
type shares struct {
	at     []float64 // logarithms of the loads
	tables []table
}

// weight is the power of each step's probability. Below 1, it makes up for the differences between the model and a queue,
// and for a search that ends when its interval is narrow: with it, intervals for simulated queues contain the capacity
// about as often as they say (see TestCoverage).
const weight = 0.6

const (
	groupings    = 6 // values of φ
	leastSpread  = 1.3
	largestGroup = 8 // the largest φ, as a multiple of the most messages that may be over the limit in a step
)

var (
	slopes  = [...]float64{0.0002, 0.0007, 0.002, 0.006, 0.015, 0.035, 0.08, 0.16, 0.35} // σ
	floors  = [...]floor{{0.003, 0}, {0.1, 0}, {0.4, 0}, {0.8, 0}, {0.1, 1}, {0.4, 1}, {0.8, 1}}
	spoiled = [...]struct{ share, prior float64 }{{0.002, 0.6}, {0.03, 0.4}} // λ
)

// A floor is the odds that a message is over the limit for other reasons than the load that the server cannot take, as
// a ratio of those at the capacity. They are constant, or grow with the load.
type floor struct {
	ratio, power float64
}

// The grid of the tables: ratios of odds to those of the allowed share, by their logarithms. Higher ones, and counts, are
// not told apart: how overload looks says nothing about the capacity.
const (
	lowestOdds, highestOdds = -6.0, 2.1
	oddsStep                = 0.1
	oddsPoints              = int((highestOdds-lowestOdds)/oddsStep) + 1
)

// A table holds the logarithm of the probability of a step's share, for each ratio of odds and for each φ and λ.
type table [oddsPoints][groupings * len(spoiled)]float64

// newShares returns the criterion. at are logarithms of loads.
func newShares(at []float64, of []Share) *shares {
	most := 0.0
	for _, s := range of {
		most = max(most, s.Allowed*float64(s.Of))
	}
	out := &shares{at, make([]table, len(of))}
	for i, s := range of {
		out.tables[i].fill(s, largestGroup*max(most, 1))
	}
	return out
}

// fill computes the table of a share.
func (t *table) fill(s Share, largest float64) {
	n := float64(s.Of)
	k := math.Round(min(float64(s.Over), n*s.at(highestOdds)))
	const euler = 0.5772
	anything := 1 / ((k + 1) * (math.Log(n+1) + euler)) // divided by the harmonic number
	ratio := math.Pow(max(1, largest/leastSpread), 1.0/(groupings-1))
	for i := range t {
		mean, spread := n*s.at(lowestOdds+oddsStep*float64(i)), leastSpread
		for g := range groupings {
			p := negativeBinomial(k, mean, spread)
			for l, by := range spoiled {
				t[i][g*len(spoiled)+l] = math.Log((1-by.share)*p + by.share*anything)
			}
			spread *= ratio
		}
	}
}

// at returns the share whose odds have that ratio to those of the allowed share, by its logarithm.
func (s Share) at(ratio float64) float64 {
	odds := s.Allowed / (1 - s.Allowed) * math.Exp(ratio)
	return odds / (1 + odds)
}

// negativeBinomial returns the probability of k in a negative binomial distribution whose variance is spread > 1 times
// its mean.
func negativeBinomial(k, mean, spread float64) float64 {
	r := mean / (spread - 1)
	over, _ := math.Lgamma(k + r)
	under, _ := math.Lgamma(r)
	choices, _ := math.Lgamma(k + 1)
	return math.Exp(over - under - choices - r*math.Log(spread) + k*math.Log1p(-1/spread))
}

// logLikelihood implements criterion.
func (s *shares) logLikelihood(mu float64) float64 {
	var sum logSum
	for _, slope := range slopes {
		for _, floor := range floors {
			for j, v := range s.along(mu, slope, floor) {
				sum.add(weight*v + math.Log(spoiled[j%len(spoiled)].prior))
			}
		}
	}
	return sum.value()
}

// along returns the logarithms of the probabilities of all steps, for each φ and λ.
func (s *shares) along(mu, slope float64, f floor) (sum [groupings * len(spoiled)]float64) {
	least := math.Log(f.ratio)
	for i, at := range s.at {
		z := max((at-mu)/slope, least+f.power*(at-mu), lowestOdds)
		z = min(z, highestOdds)
		for j, v := range s.tables[i][int(math.Round((z-lowestOdds)/oddsStep))] {
			sum[j] += v
		}
	}
	return sum
}
