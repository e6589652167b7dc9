package doctor

import "strings"

// MountOf finds the file system of an absolute path in the text of /proc/self/mountinfo (proc(5)): that of the mount point
// which is the longest beginning of the path, and of two on one point the later. It is "" when there is none.
func MountOf(mountinfo, path string) string {
	kind, best := "", -1
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		fields, types := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(types) == 0 {
			continue
		}
		point := strings.ReplaceAll(fields[4], `\040`, " ")
		inside := point == "/" || path == point || strings.HasPrefix(path, point+"/")
		if inside && len(point) >= best {
			kind, best = types[0], len(point)
		}
	}
	return kind
}
