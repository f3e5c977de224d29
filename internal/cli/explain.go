package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"rtbench/loadgen"
	"rtbench/report/profile"
	"rtbench/report/regression"
	"rtbench/report/result"
	"rtbench/report/stats"
	"rtbench/scenarios"
)

// profile profiles both servers in all cells whose scenarios ask for it and, after a regression, reference servers in
// the worst cell. The measured pairs do not change.
func (g *gateFlags) profile(ctx context.Context, opts loadgen.Options, places []loadgen.Place, c regression.Comparison, base, head *result.Result) error {
	if ctx.Err() != nil || c.Withhold(base, head) != "" || base.Complete() != nil || head.Complete() != nil {
		return nil
	}
	worst := ""
	if g.explain && !g.selfTest && c.Outcome == stats.Regression {
		worst = c.Worst()
	}
	chosen := func(cell *result.Cell) bool {
		asked := slices.ContainsFunc(opts.Scenarios, func(s *scenarios.Scenario) bool { return s.Name == cell.Config.Scenario && s.Profile.Wanted })
		return asked || cell.ID == worst && cell.Config.API == ""
	}
	if !slices.ContainsFunc(base.Cells, chosen) {
		return nil
	}
	return loadgen.Profile(ctx, opts, places, base, head, chosen)
}

// checkPprof makes scenarios be profiled if the URLs of the profiles are given, and returns an error if one URL would
// have to be that of both servers at the same time.
func checkPprof(list []*scenarios.Scenario, p loadgen.Place) error {
	for flag, url := range map[string]string{"base": p.Base.Pprof, "head": p.Head.Pprof} {
		if url != "" && !scenarios.IsPprof(url) {
			return usageError("--%s-pprof %s: expected a URL such as http://127.0.0.1:6060", flag, url)
		}
	}
	for _, s := range list {
		given := p.Base.Pprof != ""
		s.Profile.Wanted = s.Profile.Wanted || given
		together := p.Base.Shell == "" || p.Head.Shell == ""
		if s.Profile.Pprof != "" && !given && together {
			return usageError("scenario %s has one URL of profiles for both servers; expected --base-pprof and --head-pprof, or exec:COMMAND as both targets, which run in turn", s.Name)
		}
	}
	return nil
}

// warnUnprofiled says that a search takes no profiles, if the scenario asks for them.
func warnUnprofiled(s *scenarios.Scenario) {
	if s.Profile.Wanted {
		fmt.Fprintf(os.Stderr, "%s: ignored, because a search of the capacity takes no profiles; `rtbench run` and `rtbench gate` do\n", s.KeyAt("profile"))
	}
}

// profileDifferences compares the profiles of two results, and names their files.
func profileDifferences(base, head result.Named) (all []profile.Difference) {
	base.Result.LoadProfiles(base.Dir)
	head.Result.LoadProfiles(head.Dir)
	for _, c := range base.Result.Cells {
		other := head.Result.Cell(c.ID)
		if other == nil {
			continue
		}
		for _, d := range profile.Compare(c, other) {
			for i, dir := range []string{base.Dir, head.Dir} {
				if d.Files[i] != "" {
					d.Files[i] = filepath.Join(dir, d.Files[i])
				}
			}
			all = append(all, d)
		}
	}
	return all
}

// directoryOf returns the directory of a result, which is that or the file in it.
func directoryOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
}
