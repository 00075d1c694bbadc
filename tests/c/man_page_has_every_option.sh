#!/bin/sh
# Every option of a program's --help stands in its man page with the name of its value, and the other way round. Options that
# programs share have the same text in all pages.
#   man_page_has_every_option.sh PROGRAM FOLDER_OF_PAGES
set -eu
program=$1 pages=$2
page=$pages/$(basename "$program").1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$program" --help >"$work/help"
sed -nE 's/^  (--[a-z_]+( [^ ]+)?)(  .*)?$/\1/p' "$work/help" | sort >"$work/of_help"
sed -nE 's/^\.It Fl -([a-z_]+)( Ar (.*))?$/--\1 \3/p' "$page" | sed 's/ $//' | sort >"$work/of_page"
[ "$(wc -l <"$work/of_help")" -ge 8 ] || { echo "--help was not understood"; exit 1; }
diff "$work/of_help" "$work/of_page" || { echo "< $program --help, > $page"; exit 1; }

# One line for each option: its first line and its text.
entries() { awk '/^\.It Fl / || /^\.El/ { if (entry) print entry; entry = "" }
                 /^\.It Fl / { entry = $0; next } entry { entry = entry " " $0 }' "$1" | sort; }
entries "$page" >"$work/entries"
[ "$(wc -l <"$work/entries")" = "$(wc -l <"$work/of_page")" ] || { echo "the entries of $page were not understood"; exit 1; }
for other in "$pages"/*.1; do
    entries "$other" >"$work/other"
    cut -d ' ' -f 1-3 "$work/other" | while read -r name; do
        ours=$(grep -F -e "$name " "$work/entries" || true)
        theirs=$(grep -F -e "$name " "$work/other")
        if [ -n "$ours" ] && [ "$ours" != "$theirs" ]; then
            printf '%s\n%s: %s\n%s: %s\n' "the pages differ:" "$page" "$ours" "$other" "$theirs"
            exit 1
        fi
    done
done
