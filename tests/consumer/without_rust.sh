# Sourced: from here on there is no Rust in PATH and none in the home folder, as on the machine of somebody who has been given
# the library. $work is a folder that is removed at the end.
without_rust() {
    old_ifs=$IFS new_path="" number=0
    IFS=:
    for folder in $PATH; do
        for program in cargo rustc rustup; do
            if [ -x "$folder/$program" ]; then
                # The other programs of the folder stay.
                number=$((number + 1))
                mkdir -p "$work/path/$number"
                for other in "$folder"/*; do
                    case ${other##*/} in
                    cargo* | rust* | clippy-driver) ;;
                    *) ln -sf "$other" "$work/path/$number/" ;;
                    esac
                done
                folder=$work/path/$number
            fi
        done
        new_path=${new_path:+$new_path:}$folder
    done
    IFS=$old_ifs
    PATH=$new_path HOME=$work/home
    mkdir "$HOME"
    export PATH HOME
    unset CARGO_HOME RUSTUP_HOME CARGO RUSTC
    for program in cargo rustc rustup; do
        if command -v "$program"; then
            echo "there is still $program"
            exit 1
        fi
    done
}
without_rust
