"""Wang's geographical detector: how much of a variable's variance do strata explain, alone and in pairs?"""
