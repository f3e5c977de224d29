package result

import "time"

// A Recovery describes a steady phase that began with an overload. Times are since the end of the overload, rounded
// to a two-hundredth of its length.
type Recovery struct {
	// Due is the number of messages due in the overload, Unanswered that of those never answered as expected.
	Due        uint64 `json:"due"`
	Unanswered uint64 `json:"unanswered"`
	// Backlog is the number of messages due before the end of the overload and answered after it.
	Backlog uint64 `json:"backlog"`
	// HeldBack is the part of Backlog that was not sent before the end of the overload, because the server did not
	// accept it; Late is the part that the generator sent late by itself.
	HeldBack uint64 `json:"held_back,omitempty"`
	Late     uint64 `json:"late,omitempty"`
	// Drained is when the backlog was gone, and Met the due time from which on messages met the objective again;
	// nil if that was not so within Watched, or if Unknown says why it is unknown.
	Drained *time.Duration `json:"drained_ns,omitempty"`
	Met     *time.Duration `json:"met_ns,omitempty"`
	Unknown string         `json:"unknown,omitempty"`
	Watched time.Duration  `json:"watched_ns"`
	// Course is the backlog over time.
	Course BacklogCourse `json:"course"`
}

// A BacklogCourse has the size of the backlog at equal distances, from the beginning of the steady phase.
type BacklogCourse struct {
	Every    time.Duration `json:"every_ns"`
	Messages []uint64      `json:"messages"`
}
