# What fuzzing has found, and no other test looks at.
add_c_test(tells_what_a_free_withdraws api 60 NO_SERVER)
