package session

// answerCounts count requests and their answers.
type answerCounts struct {
	requests, ended, cutOff, refused, unfinished, unasked uint64
	waited                                                uint64 // for a free stream
	tokens, reported                                      uint64
	missing                                               uint64 // planned tokens of requests that were sent
	together, stalls                                      uint64
}

func (n *answerCounts) add(o *answerCounts) {
	n.requests += o.requests
	n.ended += o.ended
	n.cutOff += o.cutOff
	n.refused += o.refused
	n.unfinished += o.unfinished
	n.unasked += o.unasked
	n.waited += o.waited
	n.tokens += o.tokens
	n.reported += o.reported
	n.missing += o.missing
	n.together += o.together
	n.stalls += o.stalls
}
