/** What the API says of limits that no status tells apart. */

/** Says the API when a month's spending is used up; it names no time to come back. */
export const monthlyCap =
  "You have reached your specified API usage limits. You will regain access at the beginning of the next month."

/** Says the API when usage grows too fast, whatever the limits are. */
export const accelerationLimit =
  "Your organization's request rate has increased too quickly. Please ramp up your usage gradually."
