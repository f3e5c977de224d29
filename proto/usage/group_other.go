//go:build !linux

package usage

import (
	"errors"
	"runtime"
)

var errNoGroups = errors.New("control groups are not available on this system (" + runtime.GOOS + "); expected linux")

func groupAt(string) (Group, error)          { return Group{}, errNoGroups }
func groupOf(int) (Group, error)             { return Group{}, errNoGroups }
func groupOfContainer(string) (Group, error) { return Group{}, errNoGroups }

func (g Group) read() (GroupUsage, error) { return GroupUsage{}, errNoGroups }
